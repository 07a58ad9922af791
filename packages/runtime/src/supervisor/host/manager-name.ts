/** `manager/address`, as in `volume/block-01@ssd`: how a manager is named everywhere. */
export const managerNamePattern = /^[a-z][a-zA-Z0-9-]{0,62}\/[A-Za-z0-9_-]+(@[A-Za-z0-9_-]+)?$/;

export const longestManagerName = 400;

/** The name of a manager at an address. */
export function managerName(manager: string, address: string): string {
  return `${manager}/${address}`;
}
