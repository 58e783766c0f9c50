//! The documents match the code: links, guide, catalogue, costs and layers.

mod catalogue;
mod circles;
mod costs;
mod guide;
mod layering;
mod links;
mod page;
