//! The documents: each link leads somewhere, the guide lists each of its pages, and its queries name what exists.

mod guide;
mod links;
mod page;
