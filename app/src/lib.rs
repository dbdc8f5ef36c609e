//! tenfold-app
