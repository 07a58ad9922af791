import { DriverError } from "@reeve/driver-sdk";
import type { Machine } from "./host/machine.ts";

/** An address for documentation (RFC 5737) that is nobody's neighbour on lo: to delete it changes nothing, and takes the right to. */
const nobody = ["neigh", "del", "192.0.2.1", "dev", "lo"];
const probe = ["link", "add", "name", "probe", "type", "bridge"];
const rights = "run it as root, or with CAP_NET_ADMIN and CAP_SYS_ADMIN";

/**
 * Refuses a host whose networks this process cannot make, and tells whether its bridges tell VLANs apart: by making one in a
 * network namespace that ends with the program.
 *
 * @throws DriverError `FAILED_PRECONDITION` without iproute2 or util-linux, `PERMISSION_DENIED`, `UNIMPLEMENTED` without bridges
 */
export async function requireTools(machine: Machine, signal: AbortSignal): Promise<{ filtering: boolean }> {
  await requireRight(machine, signal);
  const bridgeTool = await machine.run("bridge", ["-V"], { signal });
  if (bridgeTool.status !== 0) throw new DriverError("FAILED_PRECONDITION", "bridge -V fails; install iproute2");
  const options = ["vlan_filtering", "1", "vlan_default_pvid", "0"];
  const filtering = await machine.run("unshare", ["--net", "ip", ...probe, ...options], { signal });
  if (filtering.status === 0) return { filtering: true };
  const plain = await machine.run("unshare", ["--net", "ip", ...probe], { signal });
  signal.throwIfAborted();
  if (plain.status === 0) return { filtering: false };
  if (/not permitted|Permission denied/i.test(plain.stderr))
    throw new DriverError(
      "PERMISSION_DENIED",
      `network namespaces cannot be made here: ${plain.stderr.trim()}; ${rights}`,
    );
  throw new DriverError("UNIMPLEMENTED", `bridges cannot be made here: ${plain.stderr.trim()}`);
}

/** @throws DriverError `PERMISSION_DENIED` naming the capability that is lacking */
export async function requireRight(machine: Machine, signal: AbortSignal): Promise<void> {
  const { status, stderr } = await machine.run("ip", nobody, { signal });
  signal.throwIfAborted();
  if (status === 0 || /No such file or directory/.test(stderr)) return;
  if (/not permitted|Permission denied/i.test(stderr))
    throw new DriverError("PERMISSION_DENIED", `this process may not administer networks; ${rights}`);
  throw new DriverError("UNAVAILABLE", `ip ${nobody.join(" ")}: ${stderr.trim() || `ended with ${status}`}`);
}
