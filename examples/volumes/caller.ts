// The same typed ref whether the manager is next door or a continent away.
import { isError, type Ref } from "@reeve/contract";
import { volumes } from "./contract.ts";

export async function useVolumes(volume: Ref<typeof volumes>, say: (line: string) => void): Promise<void> {
  const made = await volume.create({ name: "db", sizeGiB: 1 }, { timeout: "30s", idempotencyKey: "first-db" });
  say(`${made.name} is ${made.status} at ${made.host}`);

  for (const answer of await volume.all().get({ id: made.id })) say(`${answer.address} answered: ${answer.status}`);

  const copying = volume.copy({ id: made.id });
  for await (const { percent } of copying) say(`copied ${percent} %`);
  const twin = await copying.result;
  say(`${twin.name} is ${twin.status}`);

  const larger = await volume.extend({ id: made.id, sizeGiB: 2 }); // finds its owner
  say(`${larger.name} has ${larger.sizeGiB} GiB`);

  try {
    await volume.create({ name: "one too many", sizeGiB: 2 });
  } catch (error) {
    if (!isError(error, volumes, "create", "QUOTA_EXCEEDED")) throw error;
    say(`refused: no more than ${error.data.limitGiB} GiB`); // typed by the contract
  }

  await volume.rescan({}); // a cast: taken in, not waited for
  for (const { id } of (await volume.list({ filter: { status: "available" } })).items) await volume.delete({ id });
  say(`${(await volume.list({})).items.length} volumes are left`);
}
