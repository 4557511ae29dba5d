// Reads every file of a dataset at a revision with the npm client @huggingface/hub; then commits one file of its own.
// node read.mjs MODULE HUB_URL REPO REVISION TOKEN -> one JSON object on stdout: SHA-256 by path, and the oid of its commit.
import { createHash } from "node:crypto";
const [module, hubUrl, name, revision, accessToken] = process.argv.slice(2);
const { listFiles, downloadFile, commit } = await import(module);
const repo = { type: "dataset", name };
const files = {};
for await (const file of listFiles({ repo, revision, hubUrl, recursive: true })) {
  if (file.type !== "file") continue;
  const blob = await downloadFile({ repo, revision, hubUrl, path: file.path, xet: false });
  files[file.path] = createHash("sha256").update(Buffer.from(await blob.arrayBuffer())).digest("hex");
}
const operations = [
  { operation: "addOrUpdate", path: "npm.txt", content: new Blob(["from npm\n"]) },
  { operation: "addOrUpdate", path: "npm.bin", content: new Blob([new Uint8Array(50000).fill(7)]) },
];
const made = await commit({ repo, operations, title: "From npm", hubUrl, accessToken, branch: "main", useXet: false });
console.log(JSON.stringify({ files, commit: made.commit.oid }));
