/// reqwest has one kind of TLS at most, and takes it.
fn choose_tls() {}
