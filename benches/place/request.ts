/** Every second request has something to say to every filter; the others leave all ready hosts to be weighed. */
export function request(index: number) {
  const plain = { manager: "volume", request: `v${index}`, needs: { sizeGiB: 1 + (index % 50) } };
  if (index % 2 === 0) return plain;
  return {
    ...plain,
    labels: { media: "ssd" },
    requires: { iops: { atLeast: 5_000 } },
    availabilityZone: `az-${index % 3}`,
    exclude: ["host-17", "host-4711"],
  };
}
