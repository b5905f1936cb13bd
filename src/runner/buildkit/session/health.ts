// SPDX-License-Identifier: MIT OR Apache-2.0
import { Health } from "../proto/health_pb.ts";
import { pathsOf, type SessionService } from "./session-service.ts";

/** `HealthCheckResponse.ServingStatus.SERVING` */
const SERVING = 1;

/** Tells builders, which ask every five seconds, that the session is still there. */
export const health: SessionService = {
  methods: pathsOf(Health),
  register: (router) => router.service(Health, { check: () => ({ status: SERVING }) }),
};
