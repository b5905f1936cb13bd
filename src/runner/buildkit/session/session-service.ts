// SPDX-License-Identifier: MIT OR Apache-2.0
import type { ConnectRouter } from "@connectrpc/connect";

/** Something that a builder may ask of a session. */
export interface SessionService {
  /** Paths of its methods: builders call those that they are told of. */
  readonly methods: readonly string[];
  register(this: void, router: ConnectRouter): void;
}

/** `/package.Service/Method` of each of a service's methods. */
export function pathsOf(service: {
  readonly typeName: string;
  readonly methods: readonly { readonly name: string }[];
}): readonly string[] {
  return service.methods.map(({ name }) => `/${service.typeName}/${name}`);
}
