import { useEffect, useState } from "preact/hooks";

/** The value, once it has been the same for a while: what is asked of hosts is not asked for each letter. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
