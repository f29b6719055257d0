// What Chromium has and TypeScript's own description of browsers has not: the File System Access API. Only a browser that
// hands out a handle is asked for the rest.

interface FileSystemHandle {
  requestPermission(descriptor: { mode: "read" | "readwrite" }): Promise<PermissionState>;
}

interface DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}
