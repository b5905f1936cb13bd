// SPDX-License-Identifier: MIT OR Apache-2.0
import { GreenError } from "../../error.ts";

/** An image's name, taken apart and complete. */
export interface ImageReference {
  /** `docker.io`, `localhost:5000` */
  readonly host: string;
  /** `library/rust` */
  readonly repository: string;
  /** Undefined if a digest alone says which it is. */
  readonly tag: string | undefined;
  /** `sha256:…` */
  readonly digest: string | undefined;
}

const PARTS = /^([^@]+?)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;
/** https://github.com/distribution/reference/blob/v0.6.0/regexp.go */
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(?::\d+)?$/;
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const HUB = "docker.io";

/**
 * Reads an image's name as Docker does: without a host it is of Docker Hub, without a tag and digest it is `latest`.
 * @throws GreenError "config" for what is none
 */
export function parseImage(text: string): ImageReference {
  const [, name = "", tag, digest] = PARTS.exec(text) ?? [];
  const [first = "", ...rest] = name.split("/");
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const given = hasHost ? first : HUB;
  const host = given === "index.docker.io" ? HUB : given;
  const path = hasHost ? rest.join("/") : name;
  const repository = host === HUB && !path.includes("/") ? `library/${path}` : path;
  if (HOST.test(host) && REPOSITORY.test(repository)) {
    return { host, repository, tag: tag ?? (digest === undefined ? "latest" : undefined), digest };
  }
  throw new GreenError("config", `"${text.slice(0, 200)}" is no name of an image`, {
    hint: "write `HOST/REPOSITORY:TAG`, like docker.io/library/rust:1-slim",
  });
}

/** The whole name. */
export function formatImage({ host, repository, tag, digest }: ImageReference): string {
  const suffix = `${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
  return `${host}/${repository}${suffix}`;
}

/** Where to look for an image, in this order: mirrors are of Docker Hub, as in Docker's own settings. */
export function placesOf(image: ImageReference, mirrors: readonly string[]): readonly ImageReference[] {
  if (image.host !== HUB) return [image];
  const mirrored = mirrors.map((mirror) => parseImage(`${mirror.replace(/\/$/, "")}/${image.repository}`));
  const { tag, digest } = image;
  return [...mirrored.map(({ host, repository }) => ({ host, repository, tag, digest })), image];
}
