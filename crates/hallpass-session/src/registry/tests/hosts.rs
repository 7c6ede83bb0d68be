//! Clients of many hosts that are made while another one is.

use std::{
    sync::{Barrier, OnceLock, mpsc},
    thread,
    time::Duration,
};

use super::*;

/// Registers `shops` for many hosts. Its constructor is told the registry, and the host.
fn clients(
    made: impl Fn(&Registry, &str) -> Result<()> + Send + Sync + 'static,
) -> Arc<OnceLock<Registry>> {
    let clients = Arc::<OnceLock<Registry>>::default();
    let known = Arc::downgrade(&clients);
    let constructors = Constructors::new().with("shops", move |mut blueprint| {
        let shop: Shop = blueprint.require_host()?;
        let clients = known.upgrade().unwrap();
        made(clients.get().unwrap(), &shop.0)?;
        blueprint.client(corp(&format!("https://{}", shop.0))?)
    });
    let mut registry = Registry::new(constructors);
    registry.register_per_host("shops", settings()).unwrap();
    clients.set(registry).unwrap();
    clients
}

/// What the last of `threads` that do it at once brings; who waits for ever brings nothing.
fn in_time<T: Send + 'static>(
    threads: usize,
    work: impl Fn() -> T + Clone + Send + 'static,
) -> Vec<T> {
    let (sender, receiver) = mpsc::channel();
    for _ in 0..threads {
        let (sender, work) = (sender.clone(), work.clone());
        thread::spawn(move || sender.send(work()));
    }
    (0..threads).map(|_| receiver.recv_timeout(Duration::from_secs(30)).unwrap()).collect()
}

#[test]
fn a_constructor_may_ask_for_the_client_of_another_host() {
    let shops = clients(|clients, host| {
        if host != "oak.shops.test" {
            clients.at_host("shops", "oak.shops.test")?;
        }
        Ok(())
    });
    let asked = Arc::clone(&shops);
    in_time(1, move || asked.get().unwrap().at_host("shops", "elm.shops.test").map(drop))
        .pop()
        .unwrap()
        .unwrap();
}

#[test]
fn callers_at_once_wait_for_nobody_and_have_the_same_client() {
    // Whoever makes one waits until two are being made.
    let both = Barrier::new(2);
    let shops = clients(move |_, _| {
        both.wait();
        Ok(())
    });
    let asked = Arc::clone(&shops);
    let made = in_time(2, move || asked.get().unwrap().at_host("shops", "oak.shops.test").unwrap());
    assert!(Arc::ptr_eq(&made[0], &made[1]));
    // It is there: nobody is waited for any more.
    let asked = Arc::clone(&shops);
    let again =
        in_time(1, move || asked.get().unwrap().at_host("shops", "oak.shops.test").unwrap());
    assert!(Arc::ptr_eq(&made[0], &again[0]));
}
