import type { Member } from "../../membership.ts";

/** Names where calls are answered: a manager's address, whatever incarnation is there. */
export function placeOf({ manager, major, address }: Pick<Member, "manager" | "major" | "address">): string {
  return `${manager}.v${major} ${address}`;
}
