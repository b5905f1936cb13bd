// SPDX-License-Identifier: MIT OR Apache-2.0
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { describeWithEngines } from "../support/engines.ts";
import { manifest } from "../support/projects.ts";
import { Sandbox } from "../support/sandbox.ts";

const SECRET = "the-secret-is-7d1f";
const TEST = `RUN --mount=type=secret,id=token,required=true --mount=type=secret,id=file \\
    sha256sum /run/secrets/* | cut -c1-64 >/made`;
/** Asks an agent for its keys without any ssh in the image: SSH_AGENTC_REQUEST_IDENTITIES, by perl, which Debian has. */
const ASK = `RUN --mount=type=ssh perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, sockaddr_un($ENV{SSH_AUTH_SOCK})) or die $!; \\
    syswrite(S, pack("NC", 1, 11)); sysread(S, $b, 5); ($l, $t) = unpack("NC", $b); die unless $t == 12; sysread(S, $b, 4); print unpack("N", $b)' >/keys`;

describeWithEngines(["docker", "buildkit"], "what is lent to base images", (engines) => {
  const { docker, buildkit, image } = engines;
  describe.each([
    ["docker", { DOCKER_HOST: docker.host }],
    ["a buildkitd", { BUILDKIT_HOST: buildkit.host }],
  ])("on %s", (_, builder) => {
    function project(inline: string, settings: Readonly<Record<string, string>>) {
      const sandbox = new Sandbox({
        env: {
          ...{ CARGOGREEN_RUNNER: "buildkit", CARGOGREEN_BASE_IMAGE: image.reference },
          ...{
            CARGOGREEN_BASE_IMAGE_INLINE: `ENV NONCE=${Math.random()}\n${inline}`,
            ...builder,
            ...settings,
          },
        },
      });
      onTestFinished(() => sandbox.dispose());
      const directory = sandbox.project("app", {
        "Cargo.toml": manifest("app", 'build = "build.rs"\n').replace("\n\nbuild", "\nbuild"),
        "build.rs": `fn main() {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default().replace("\\n", " ");
    println!("cargo::rustc-env=TOLD={}{}", read("/made"), read("/keys"));
    println!("cargo::rustc-env=SEEN={}", read("/run/secrets/token") + &std::env::var("TOKEN").unwrap_or_default());
}
`,
        "src/main.rs": 'fn main() { print!("{}|{}", env!("TOLD"), env!("SEEN")); }\n',
      });
      return { sandbox, directory };
    }

    it("secrets get to the steps that mount them, and to nothing else", async () => {
      const { sandbox, directory } = project(TEST, {
        CARGOGREEN_SECRETS: "id=token,env=TOKEN id=file,src=secret.txt",
        ...{ TOKEN: SECRET, CARGOGREEN_LOG: "debug" },
      });
      writeFileSync(join(directory, "secret.txt"), SECRET);
      const built = await sandbox.green(["run", "--verbose"], { in: directory });
      const digest = execFileSync("sha256sum", { input: SECRET, encoding: "utf8" }).slice(0, 64);
      expect(built.stdout).toBe(`${digest} ${digest}|`);
      expect(built.stdout + built.stderr).not.toContain(SECRET);
      const files = readdirSync(sandbox.store, { recursive: true, withFileTypes: true });
      for (const file of files.filter((each) => each.isFile())) {
        const bytes = readFileSync(join(file.parentPath, file.name));
        const text = file.name.endsWith(".zst") ? zstdDecompressSync(bytes) : bytes;
        expect([file.name, text.includes(SECRET)]).toEqual([file.name, false]);
      }
    });

    it("what is not lent is not there, and a line says which", async () => {
      const { sandbox, directory } = project(TEST, { TOKEN: SECRET });
      const failed = await sandbox.green(["build"], { in: directory, expect: 101 });
      expect(failed.stderr).toMatch(/error: .*secret token: not found/);
      expect(failed.stderr).not.toContain(SECRET);
    });

    it("an ssh agent is asked for its keys", async () => {
      const { sandbox, directory } = project(ASK, { CARGOGREEN_SSH: "default" });
      const socket = join(sandbox.root, "agent");
      const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "inherit"] });
      onTestFinished(() => void agent.kill());
      await once(agent.stdout, "data");
      const key = join(sandbox.root, "key");
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
      execFileSync("ssh-add", ["-q", key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      const built = await sandbox.green(["run"], { in: directory, env: { SSH_AUTH_SOCK: socket } });
      expect(built.stdout).toBe("1|");
    });
  });
});
