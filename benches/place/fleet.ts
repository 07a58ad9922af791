import type { Transport } from "@reeve/runtime/transport";

const hostsPerSupervisor = 10;
const gibibyte = 2 ** 30;

/** What so many hosts would say of themselves, all different, one in twenty not ready. */
export function report(fleet: Transport, hosts: number, namespace = "reeve"): void {
  for (let first = 0; first < hosts; first += hostsPerSupervisor) {
    const entries = Array.from({ length: hostsPerSupervisor }, (_, offset) => entry(first + offset));
    tell(fleet, namespace, first, { sequence: 1, whole: true, entries });
  }
}

export function breathe(fleet: Transport, hosts: number, sequence: number, namespace = "reeve"): void {
  for (let first = 0; first < hosts; first += hostsPerSupervisor)
    tell(fleet, namespace, first, { sequence, entries: [] });
}

function tell(fleet: Transport, namespace: string, first: number, message: object): void {
  const head = { type: "reeve.capabilities.v1", sender: `S${first}`, host: `block-${first}` };
  fleet.publish(
    `${namespace}.sys.capabilities.block-${first}`,
    new TextEncoder().encode(JSON.stringify({ ...head, ...message })),
  );
}

function entry(index: number) {
  const totalBytes = (500 + (index % 97) * 40) * gibibyte;
  const freeBytes = Math.floor(totalBytes * (0.2 + (index % 71) / 100));
  return {
    manager: "volume",
    address: `host-${index}`,
    epoch: 1,
    status: index % 20 === 0 ? "degraded" : "ready",
    count: 1,
    ageMs: 0,
    full: true,
    set: {
      totalBytes,
      freeBytes,
      provisionedBytes: totalBytes - freeBytes,
      allocatedBytes: totalBytes - freeBytes,
      reservedBytes: 0,
      overcommitRatio: 1,
      volumes: index % 200,
      iops: 1_000 * (index % 20),
      availabilityZone: `az-${index % 3}`,
      labels: { media: index % 4 === 0 ? "hdd" : "ssd" },
    },
  };
}
