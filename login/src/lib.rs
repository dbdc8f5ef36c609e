//! tenfold-login
