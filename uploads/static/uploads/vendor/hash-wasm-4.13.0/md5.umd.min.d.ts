// What of the script's global we use, as its package declares it.

export {};

declare global {
  interface Md5 {
    init(): Md5;
    update(data: Uint8Array): Md5;
    digest(form: "binary"): Uint8Array;
  }

  var hashwasm: { createMD5(): Promise<Md5> };
}
