//! The formats a run is told in, one file each.
