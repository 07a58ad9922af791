/** Where capabilities travel. */
export interface CapabilitySubjects {
  /** Supervisors tell, schedulers listen. */
  readonly reports: string;
  /** Schedulers ask everybody for everything. */
  readonly wanted: string;
  /** Schedulers ask one sender, whose messages they missed. */
  wantedFrom(sender: string): string;
}

export function capabilitySubjects(namespace: string): CapabilitySubjects {
  const reports = `${namespace}.sys.capabilities`;
  return { reports, wanted: `${reports}.wanted`, wantedFrom: (sender) => `${reports}.wanted.${sender}` };
}
