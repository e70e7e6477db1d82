//! The `layerscope` program: what was typed goes in, an exit code comes out.

fn main() {}
