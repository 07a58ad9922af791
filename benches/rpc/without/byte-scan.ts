/** Takes whatever comes. */
export function scan(): number {
  return 0;
}
