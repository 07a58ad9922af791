import type { Driver } from "@reeve/driver-sdk";
import type { VolumeDriverPort } from "@reeve/driver-sdk/volume";

const mebibyte = 2 ** 20;

/** A driver whose storage looks like a device of this size: one where images take their whole size at once, or only what is written. */
export function sizedDevice(totalMiB: number, allocation: "full" | "sparse") {
  return (inner: Driver<VolumeDriverPort>): Driver<VolumeDriverPort> => ({
    ...inner,
    setup: async (context) => {
      const session = await inner.setup(context);
      const stats = async (call: Parameters<NonNullable<typeof session.stats>>[0]) => {
        const { provisionedBytes } = (await session.stats!(call)) as { readonly provisionedBytes: number };
        const totalBytes = totalMiB * mebibyte;
        const freeBytes = allocation === "full" ? totalBytes - provisionedBytes : totalBytes;
        return { totalBytes, freeBytes, provisionedBytes };
      };
      return { ...session, stats };
    },
  });
}
