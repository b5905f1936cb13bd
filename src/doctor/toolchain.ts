// SPDX-License-Identifier: MIT OR Apache-2.0
import type { Check, DoctorContext, Finding } from "./finding.ts";

/** Cargo and rustc, as builds start them. */
export const checkToolchain: Check = async (context) => {
  const [cargo, rustc] = await Promise.all([
    version(context, "cargo", context.env["CARGO"], "-V"),
    version(context, "rustc", context.env["RUSTC"], "-V"),
  ]);
  return [cargo, rustc];
};

async function version(
  { attempt }: DoctorContext,
  name: string,
  chosen: string | undefined,
  flag: string,
): Promise<Finding> {
  const program = chosen ?? name;
  const { code, stdout } = await attempt(program, [flag]);
  const [line = ""] = stdout.split("\n");
  if (code === 0) return { check: name, status: "ok", says: line };
  return {
    check: name,
    status: "problem",
    says: `"${program}" cannot be run`,
    todo:
      chosen === undefined
        ? "install Rust, or run `rustup default stable` if rustup is there"
        : `unset ${name.toUpperCase()}, or set it to the path of ${name}`,
  };
}
