import { driverFailureOf } from "@reeve/driver-sdk/internal";

/** What a failed driver call comes to, for whoever asked for it. */
export type DeviceFailure = {
  readonly why: string;
  /** Whether it may pass by itself. */
  readonly passing: boolean;
} & (
  | { readonly kind: "unreachable" | "failed" }
  /** Something that is not ours is in the way. */
  | { readonly kind: "foreign"; readonly what: string; readonly where: string }
  | { readonly kind: "unsupported"; readonly ability: string }
);

/** Undefined when no driver call failed. @param address whose device it is */
export function deviceFailureOf(error: unknown, address: string): DeviceFailure | undefined {
  const failure = driverFailureOf(error);
  if (!failure) return undefined;
  const { passing } = failure;
  const { code, reason, message: why, data } = failure.error;
  if (reason === "DRIVER_LOST" || code === "UNAVAILABLE") return { kind: "unreachable", why, passing };
  if (code === "FAILED_PRECONDITION")
    return {
      kind: "foreign",
      why,
      passing,
      what: textOf(data, "what") ?? why,
      where: textOf(data, "where") ?? address,
    };
  if (code === "UNIMPLEMENTED") return { kind: "unsupported", why, passing, ability: textOf(data, "ability") ?? why };
  return { kind: "failed", why, passing };
}

function textOf(data: unknown, field: string): string | undefined {
  const value = (data as Readonly<Record<string, unknown>> | undefined)?.[field];
  return typeof value === "string" ? value : undefined;
}
