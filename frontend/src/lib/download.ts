/** Hands the browser a file to save. */
export function download(name: string, type: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The click has started the download; the next task may free its memory.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 0);
}
