//! The documents: each link leads somewhere, the guide lists each of its pages, and its queries name what exists.

mod catalogue;
mod circles;
mod guide;
mod layering;
mod links;
mod page;
