// SPDX-License-Identifier: MIT OR Apache-2.0

/** Services that setup has a workflow for. */
export const CI_SERVICES = ["github", "gitlab"] as const;
export type CiService = (typeof CI_SERVICES)[number];

const GITHUB = `# .github/workflows/green.yml
name: build
on:
  push:
  pull_request:
env:
  CARGOGREEN_PROFILE: ci
  CARGOGREEN_CACHE_DIR: \${{ github.workspace }}/.green-cache
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-node@v5
        with:
          node-version: 24
      - uses: actions/cache@v4
        with:
          path: .green-cache
          key: green-\${{ runner.os }}-\${{ runner.arch }}-\${{ hashFiles('**/Cargo.lock', 'rust-toolchain*') }}-\${{ github.run_id }}
          restore-keys: |
            green-\${{ runner.os }}-\${{ runner.arch }}-\${{ hashFiles('**/Cargo.lock', 'rust-toolchain*') }}-
            green-\${{ runner.os }}-\${{ runner.arch }}-
      - run: npm install --global cargo-green
      # The profile demands the sandbox, which needs what Ubuntu 24.04 forbids.
      - run: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
      - run: cargo green doctor
      - run: cargo green build --locked --all-targets
      - run: cargo green test --locked
      - run: cargo green cache prune --keep-size 5GB --yes
`;

const GITLAB = `# .gitlab-ci.yml
build:
  image: rust:1
  variables:
    CARGOGREEN_PROFILE: ci
    # The profile demands the sandbox, which needs a privileged runner (GitLab's own are). On others:
    # CARGOGREEN_SANDBOX: prefer
    CARGOGREEN_CACHE_DIR: $CI_PROJECT_DIR/.green-cache
    CARGO_HOME: $CI_PROJECT_DIR/.cargo-home
  cache:
    key:
      files: [Cargo.lock]
      prefix: green
    fallback_keys: [green-default]
    paths: [.green-cache, .cargo-home/registry/cache, .cargo-home/registry/index]
  before_script:
    - apt-get update -qq && apt-get install -qq --no-install-recommends npm
    - npm install --global cargo-green
    - cargo green doctor
  script:
    - cargo green build --locked --all-targets
    - cargo green test --locked
    - cargo green cache prune --keep-size 5GB --yes
`;

/** A workflow that can be saved as it is; its first line says where. */
export function workflowFor(service: CiService): string {
  return service === "github" ? GITHUB : GITLAB;
}
