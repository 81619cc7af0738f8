/** One line of what the doctor found. */
export type Finding = {
  subject: string;
  level: "ok" | "warning" | "wrong";
  says: string;
  /** What to do, where it is not ok. */
  action?: string;
};

export const ok = (subject: string, says: string): Finding => ({ subject, level: "ok", says });
export const warning = (subject: string, says: string, action: string): Finding => ({
  subject,
  level: "warning",
  says,
  action,
});
export const wrong = (subject: string, says: string, action: string): Finding => ({
  subject,
  level: "wrong",
  says,
  action,
});

/** The first line of what an error says, with its details: none of the errors here carries a secret. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.split("\n", 1)[0] ?? error.message;
}

/** Runs a check; one that fails is a finding too, and keeps no other from running. */
export async function examined(subject: string, check: () => Promise<Finding[]> | Finding[]): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    return [wrong(subject, reasonOf(error), "mend what this line says")];
  }
}
