// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * Names that many machines and accounts have, or that are words of any program: they tell nobody from others, and would
 * be found everywhere. Accounts by these names are looked for as `/home/NAME` only.
 */
const COMMON_NAMES = new Set(
  // accounts of systems, images and CI
  (
    "root user users admin administrator runner build builder buildbot bot ubuntu debian fedora centos alpine arch " +
    "vagrant docker podman containerd git gitlab github gitea forgejo jenkins circleci travis buildkite teamcity azure " +
    "ec2-user opc core cargo rust rustc node deploy deployer nobody daemon guest worker agent service system staff " +
    "www www-data app apps web dev devel developer vscode codespace gitpod coder ci cd qa test tests tester testing " +
    "travis local home host server client data demo default public private postgres mysql redis nginx " +
    // machines
    "localhost localdomain localhost.localdomain archlinux raspberrypi raspberry docker-desktop desktop laptop pc " +
    "macbook macbook-pro macbookpro macbook-air imac mac linux windows wsl nixos nix container workspace sandbox " +
    // words of programs
    "abs add all and any arc array arg args base bin bit bool box buf bug byte bytes call char clone code const copy " +
    "count crate debug def derive diff doc drop dyn else end enum env eof err error eval exec exit extern false file " +
    "fill find first flag float fmt for free from func get hash head heap hex hint hyper impl init input int into io " +
    "item iter join key kind last lazy len let lib line link list lock log loop macro main make map mark match math " +
    "max mem meta min mod mode move mut name new next nil none null num ops option out owner pack page panic parse " +
    "part path pin pop port print proc push range ray raw read ref rem res result return rev rng rob run safe scope " +
    "seed self send set shim shl shr size slice some sort source spin split src stack start state std step str string " +
    "struct sub sum super sync table tag take target task text the then time token tokio trait tree true try tuple " +
    "type union unit unix use val value vec version void wait wake walk where while will word work wrap write zip"
  ).split(" "),
);

/** True for the name of an account or machine that says nothing of whose it is. */
export function isCommonName(name: string): boolean {
  return COMMON_NAMES.has(name.toLowerCase());
}
