// SPDX-License-Identifier: MIT OR Apache-2.0

/** What `cargo green` alone shows: first what people need first; all of it fits 24 lines of 80 columns. */
export const ROOT_SCREEN = `Cargo, with a cache: what was compiled once is not compiled again.

Usage: cargo green <any cargo command>
       cargo green cache <command>

Start with
  cargo green build --release    Build, and keep what was compiled
  cargo green cache why          Say why units of the last build were compiled
  cargo green cache ls           List what is in the cache

Commands of its own
  cache        Look into the cache and into remotes, share units, make room
  builder      Show and choose where BuildKit builds in containers
  config show  Show the settings in force, and where each comes from
  env          Print them as variables, and the path of the RUSTC_WRAPPER
  setup        Make plain cargo and rust-analyzer use the cache
  doctor       Check that this machine has what builds need
  completion   Print a script for bash, zsh or fish; help: explain a command

Settings are in green.toml, in CARGO_HOME and in a workspace's .cargo, or
  --green-profile ci     Profile: user, ci, team or one of your own
  CARGOGREEN_ENABLED=0   Leave everything to cargo
  CARGOGREEN_LOG=debug   Say what happens`;

/** What `cargo green cache` and its help show. */
export const CACHE_SCREEN = `Look into the cache and into remotes, share units, make room.

Usage: cargo green cache <command> [SELECTOR…] [REMOTE] [OPTIONS]

Start with
  why      Say why units of the last build here were compiled
  ls       List units in the cache, or in a remote
  push     Send what the last build here was made of to remotes

More (ls, show, stats, rm, prune --buildkit: what a builder keeps)
  show     Show everything that is known of a unit
  stats    Say what the cache, or a remote, holds
  pull     Bring units from remotes into the cache; copy: between remotes
  export   Write units to a directory or tar file; import: read one
  rm       Remove units from the cache, or from a remote
  prune    Make the cache, or a remote, smaller
  verify   Check that what is stored is what was stored
  adopt    Take in what plain cargo built before
  pin      Keep units: prune leaves them alone; unpin: no longer

SELECTOR is serde, serde@^1.0.200, pkg:cargo/serde@1.0.228 or a key from ls.
REMOTE is a name from the settings, or oci://HOST/NAME, s3://…, oci-layout:DIR.
Options of each: cargo green cache <command> --help`;

/** What `cargo green builder` and its help show. */
export const BUILDER_SCREEN = `Show, choose, make and remove the places where BuildKit builds.

Usage: cargo green builder <command> [NAME] [OPTIONS]

Start with
  ls       List builders, and how they are; the one with a star is used here
  use      Choose the builder for all your projects
  inspect  Show everything about a builder

More
  create   Make a builder, or write down where one is
  rm       Forget a builder, and remove the container that was made for it
  pin      Write down which image \`base-image\` is now, by its digest

Without a choice, builders are found as docker finds them: BUILDKIT_HOST,
BUILDX_BUILDER, \`docker buildx use\`, DOCKER_HOST, the docker context.
NAME is what ls shows, or an address: ssh://me@host, tcp://host:1234, unix://…
Options of each: cargo green builder <command> --help`;
