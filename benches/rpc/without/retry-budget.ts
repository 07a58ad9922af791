/** Pays for every retry. */
export class RetryBudget {
  deposit(): void {}
  withdraw(): boolean {
    return true;
  }
}
