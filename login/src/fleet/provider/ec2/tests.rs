//! The provider against an emulator of EC2 that nobody here wrote, and against answers that it never gives.
