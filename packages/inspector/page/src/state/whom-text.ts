interface Whom {
  readonly user: string;
  readonly tenant?: string | null | undefined;
}

/** For whom something is done: `ada (acme)`. */
export function whomText({ user, tenant }: Whom): string {
  return tenant === null || tenant === undefined ? user : `${user} (${tenant})`;
}
