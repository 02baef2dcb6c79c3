/** Which columns members of split objects are, by what the file says of their classes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type StreamerElement, Streamers, spelledAlike } from "../../../../datasets/root/file/streamers.ts";
import type { Branch } from "../../../../datasets/root/tree/branch-node.ts";
import { elementColumns } from "../../../../datasets/root/tree/element-columns.ts";

const member = (name: string, type: number, typeName: string, length = 0): StreamerElement => ({ name, title: "", type, typeName, length });
const streamers = new Streamers([
  {
    className: "Link<Vector<Track> >",
    version: 2,
    checksum: 1,
    elements: [member("key", 13, "unsigned int"), member("index", 13, "unsigned int")],
  },
  {
    className: "Event",
    version: 2,
    checksum: 2,
    elements: [
      member("links", 300, "vector<vector<Link<Vector<Track> > > >"),
      member("pair", 82, "Link<Vector<Track> >", 3),
      member("other", 82, "Unknown", 3),
      member("weights", 300, "map<int,double,less<int>,allocator<pair<const int,double> > >"),
      member("hits", 300, "vector<pair<unsigned short,float> >"),
      member("names", 300, "map<string,double>"),
      member("far", 300, "vector<map<int,double> >"),
      member("one", 300, "pair<int,double>"),
    ],
  },
]);

/** The columns of a member of the class Event: their names, lists and levels, and where the value is in its object. */
function columnsOf(index: number, name: string, streamerType: number) {
  const element = { className: "Event", elementClass: "", version: 2, checksum: 2, kind: 0, streamerType, member: index };
  const branch = { name, leaves: [], branches: [], element } as unknown as Branch;
  const columns = elementColumns({ branch, parts: [name], lists: [] }, streamers);
  if (typeof columns === "string") return columns;
  return columns.map(({ parts, lists, form }) => [parts.join("."), lists, form.levels, form.element?.at]);
}

test("a class is found however the blanks in its name are written", () => {
  assert.equal(spelledAlike("std::vector< A<B <C> > >"), "vector<A<B<C>>>");
  assert.equal(streamers.latest("Link<Vector<Track>>"), streamers.latest("Link< Vector<Track> >"));
  const counted = [{ kind: "counted" }, { kind: "counted" }];
  assert.deepEqual(columnsOf(0, "links", 500), [
    ["links.key", [1, 1], counted, 6],
    ["links.index", [1, 1], counted, 10],
  ]);
});

test("an array of objects is a list of records of one length", () => {
  const fixed = [{ kind: "fixed", length: 3 }];
  assert.deepEqual(columnsOf(1, "pair", 82), [
    ["pair.key", [1], fixed, 6],
    ["pair.index", [1], fixed, 10],
  ]);
  assert.equal(columnsOf(2, "other", 82), "is an object of the class Unknown, whose size varies or which the file does not describe");
});

test("a map of numbers, and a list of pairs of them, is a list of records with the fields first and second; all others are refused by name", () => {
  const counted = [{ kind: "counted" }];
  assert.deepEqual(columnsOf(3, "weights", 500), [
    ["weights.first", [1], counted, 0],
    ["weights.second", [1], counted, 4],
  ]);
  assert.deepEqual(columnsOf(4, "hits", 500), [
    ["hits.first", [1], counted, 0],
    ["hits.second", [1], counted, 2],
  ]);
  assert.match(String(columnsOf(5, "names", 500)), /^is a map of other things than numbers \(map<string,double>\), which is not supported/);
  assert.match(String(columnsOf(6, "far", 500)), /^is a map of other things than numbers/);
  assert.match(String(columnsOf(7, "one", 500)), /^is a pair/);
});
