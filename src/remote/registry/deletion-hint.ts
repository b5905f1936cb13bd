// SPDX-License-Identifier: MIT OR Apache-2.0

/** How manifests are removed at providers whose registry does not do it. As of November 2026. */
const PROVIDERS: readonly (readonly [
  RegExp,
  (host: string, repository: string, digest: string) => string,
])[] = [
  [
    /^ghcr\.io$/,
    () =>
      "delete the version on the package's page on GitHub, or with `gh api --method DELETE /user/packages/container/NAME/versions/ID`",
  ],
  [/(^|\.)docker\.io$/, () => "delete the tag on hub.docker.com, or through Docker Hub's own API"],
  [
    /\.dkr\.ecr(-fips)?\.[^.]+\.amazonaws\.com(\.cn)?$/,
    (_, repository, digest) =>
      `use \`aws ecr batch-delete-image --repository-name ${repository} --image-ids imageDigest=${digest}\``,
  ],
  [
    /^public\.ecr\.aws$/,
    (_, repository, digest) =>
      `use \`aws ecr-public batch-delete-image --repository-name ${repository.split("/").slice(1).join("/")} --image-ids imageDigest=${digest}\``,
  ],
  [
    /(\.pkg\.dev|(^|\.)gcr\.io)$/,
    (host, repository, digest) =>
      `use \`gcloud artifacts docker images delete ${host}/${repository}@${digest}\``,
  ],
  [
    /\.azurecr\.(io|cn|us)$/,
    (host, repository, digest) =>
      `use \`az acr repository delete --name ${host.split(".")[0]} --image ${repository}@${digest}\``,
  ],
];

/** What to do where a registry does not remove a manifest. */
export function deletionHint(host: string, repository: string, digest: string): string {
  const name = host.replace(/:[0-9]+$/, "");
  const [, hint] = PROVIDERS.find(([pattern]) => pattern.test(name)) ?? [];
  return (
    hint?.(host, repository, digest) ??
    "remove it the provider's own way; CNCF distribution allows it if started with `REGISTRY_STORAGE_DELETE_ENABLED=true`"
  );
}
