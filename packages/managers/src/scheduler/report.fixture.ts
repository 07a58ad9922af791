import type { CapabilityReport } from "@reeve/runtime/capability";

const gibibyte = 2 ** 30;

type Given = Partial<Omit<CapabilityReport, "source">> & { readonly heardAt?: number };

/** A ready host with 100 GiB, all free, measured and heard of at 0. */
export function report({ heardAt = 0, ...given }: Given = {}): CapabilityReport {
  return {
    manager: "volume",
    address: "block-01",
    cluster: undefined,
    epoch: 1,
    status: "ready",
    capabilities: storage(100),
    count: 1,
    measuredAt: 0,
    source: { id: "S1", host: "block-01", heardAt },
    ...given,
  };
}

/** What a volume manager reports of a device with so many GiB, some of them promised. */
export function storage(totalGiB: number, usedGiB = 0): CapabilityReport["capabilities"] {
  const totalBytes = totalGiB * gibibyte;
  const provisionedBytes = usedGiB * gibibyte;
  return { totalBytes, freeBytes: totalBytes - provisionedBytes, provisionedBytes };
}
