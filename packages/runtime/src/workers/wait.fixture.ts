/** Tells that it runs, then holds its thread until the shared cell is set. `ignore` spins and never looks. */
export default function wait({
  cell,
  ignore = false,
}: {
  cell: Int32Array<SharedArrayBuffer>;
  ignore?: boolean;
}): string {
  Atomics.store(cell, 0, 1);
  Atomics.notify(cell, 0);
  while (ignore);
  Atomics.wait(cell, 1, 0);
  return "waited";
}
