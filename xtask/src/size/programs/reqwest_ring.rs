/// reqwest leaves this choice to the program.
fn choose_tls() {
    // An error says that it is made already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
