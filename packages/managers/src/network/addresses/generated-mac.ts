import type { Random } from "@reeve/runtime/transport";

/**
 * A MAC that no manufacturer gives: `fa:16:3e`, as OpenStack's are, and three random bytes. Below `fe`, which libvirt's begin
 * with, and above what most real interfaces have, so that it is never the lowest on a bridge, which then would take it for its own.
 */
export function generatedMac(random: Random): string {
  const bytes = Array.from({ length: 3 }, () => Math.floor(random() * 256));
  return ["fa", "16", "3e", ...bytes.map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
}
