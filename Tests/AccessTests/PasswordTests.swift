import Access
import HubFixtures
import Testing

@Suite struct PasswordTests {
  @Test func `a hash names its cost and its own salt, and matches its password only`() async {
    let passwords = PasswordHash.quick

    let first = await passwords.hash("anchor chain")
    let second = await passwords.hash("anchor chain")

    #expect(first.hasPrefix("$scrypt$ln=2,r=1,p=1$"))
    #expect(first.split(separator: "$").count == 4)
    #expect(first != second)
    #expect(await passwords.matches("anchor chain", first))
    #expect(await passwords.matches("anchor chain", second))
    #expect(await !passwords.matches("anchor chains", first))
    #expect(await !passwords.matches("", first))
  }

  @Test func `the standard cost is the one recommended, and older hashes keep theirs`() async {
    let older = await PasswordHash.quick.hash("anchor chain")

    let hash = await PasswordHash().hash("anchor chain")

    #expect(hash.hasPrefix("$scrypt$ln=14,r=8,p=5$"))
    #expect(await PasswordHash.quick.matches("anchor chain", hash))
    #expect(await PasswordHash().matches("anchor chain", older))
  }

  @Test(
    arguments: [
      "", "$", "anchor chain", "$scrypt$", "$scrypt$ln=2,r=1,p=1$AAAA$",
      "$scrypt$ln=2,r=1,p=1$AAAA$AAAA", "$scrypt$ln=2,r=1$AAAA$AAAA", "$2b$12$abcdefgh",
      "$scrypt$ln=40,r=1,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
      "$scrypt$ln=2,r=0,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
      "$scrypt$ln=2,r=1,p=-1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
      "$argon2$ln=2,r=1,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ])
  func `what is no hash matches nothing`(stored: String) async {
    #expect(await !PasswordHash.quick.matches("", stored))
    #expect(await !PasswordHash.quick.matches("anchor chain", stored))
  }

  @Test func `without a hash to compare with the work is the same and the answer is no`() async {
    #expect(await !PasswordHash.quick.matches("anchor chain", nil))
  }

  @Test func `secrets are compared whole`() {
    #expect(ConstantTime.areEqual([1, 2, 3], [1, 2, 3]))
    #expect(!ConstantTime.areEqual([1, 2, 3], [1, 2]))
    #expect(!ConstantTime.areEqual([1, 2, 3], [1, 2, 4]))
    #expect(!ConstantTime.areEqual([1, 2, 3], [0, 2, 3]))
    #expect(ConstantTime.areEqual([], []))
  }
}
