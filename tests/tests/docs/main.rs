//! The documents match the code: links, guide, catalogue and layers.

mod catalogue;
mod circles;
mod guide;
mod layering;
mod links;
mod page;
