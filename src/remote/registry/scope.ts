// SPDX-License-Identifier: MIT OR Apache-2.0

/** What a token is to allow: https://distribution.github.io/distribution/spec/auth/scope/ */
export interface Scope {
  readonly repository: string;
  readonly actions: readonly ("pull" | "push" | "delete")[];
}

export function scopeText({ repository, actions }: Scope): string {
  return `repository:${repository}:${actions.join(",")}`;
}

/** True if everything that is wanted is in what there is. */
export function covers(there: readonly Scope[], wanted: readonly Scope[]): boolean {
  return wanted.every(({ repository, actions }) => {
    const granted = there
      .filter((scope) => scope.repository === repository)
      .flatMap((scope) => scope.actions);
    return actions.every((action) => granted.includes(action));
  });
}
