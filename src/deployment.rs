//! nginx and the app together, as one deployment that answers requests.

use std::marker::PhantomData;

/// What every rule asks.
#[derive(Debug)]
pub struct Deployment<'s> {
    sources: PhantomData<&'s ()>,
}
