/** On whose behalf a call is made. */
export interface Principal {
  readonly user: string;
  readonly tenant?: string | undefined;
  readonly roles: readonly string[];
}
