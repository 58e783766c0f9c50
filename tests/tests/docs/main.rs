//! The documents match the code: links, guide, catalogue, costs, layers and programs.

mod catalogue;
mod circles;
mod costs;
mod guide;
mod layering;
mod links;
mod page;
mod programs;
