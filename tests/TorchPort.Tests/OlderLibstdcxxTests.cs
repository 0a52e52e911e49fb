using System.Text;

namespace TorchPort.Tests;

/// <summary>What LoadOnOlderLibstdcxx.targets does to TorchSharp's library.</summary>
public class OlderLibstdcxxTests
{
    private static readonly string s_library = Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so");

    [Fact]
    public void No_libstdcxx_after_3_4_30_is_a_hard_requirement()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the library is a Linux one");

        var needs = VersionNeeds(File.ReadAllBytes(s_library)).Where(need => need.Name.StartsWith("GLIBCXX_", StringComparison.Ordinal)).ToArray();
        Assert.Contains(("GLIBCXX_3.4.30", false), needs);
        Assert.All(needs, need => Assert.True(need.Weak || Version.Parse(need.Name["GLIBCXX_".Length..]) <= new Version(3, 4, 30), need.Name));
    }

    [Fact]
    public void The_package_stays_as_it_came()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the library is a Linux one");

        var package = File.ReadAllBytes(Path.Combine(Port.Packages, "torchsharp/0.107.0/runtimes/linux-x64/native/libLibTorchSharp.so"));
        Assert.Contains(("GLIBCXX_3.4.32", false), VersionNeeds(package));
        // One byte is all that differs.
        Assert.Equal(1, package.Zip(File.ReadAllBytes(s_library)).Count(pair => pair.First != pair.Second));
    }

    // The names in the section .gnu.version_r (SHT_GNU_verneed), and whether each is marked VER_FLG_WEAK: System V gABI and
    // Linux Standard Base, "Symbol Versioning", little-endian ELF64.
    private static List<(string Name, bool Weak)> VersionNeeds(byte[] elf)
    {
        var needs = new List<(string, bool)>();
        var sections = (int)BitConverter.ToInt64(elf, 0x28);
        var (size, count) = (BitConverter.ToInt16(elf, 0x3A), BitConverter.ToInt16(elf, 0x3C));
        var section = Enumerable.Range(0, count).Select(i => sections + (i * size)).Single(at => BitConverter.ToInt32(elf, at + 4) == 0x6ffffffe);
        var names = (int)BitConverter.ToInt64(elf, sections + (BitConverter.ToInt32(elf, section + 0x28) * size) + 0x18);

        var library = (int)BitConverter.ToInt64(elf, section + 0x18);
        for (int nextLibrary = -1; nextLibrary != 0; library += nextLibrary)
        {
            nextLibrary = BitConverter.ToInt32(elf, library + 12);
            var version = library + BitConverter.ToInt32(elf, library + 8);
            for (int nextVersion = -1; nextVersion != 0; version += nextVersion)
            {
                nextVersion = BitConverter.ToInt32(elf, version + 12);
                var name = names + BitConverter.ToInt32(elf, version + 8);
                needs.Add((Encoding.ASCII.GetString(elf, name, Array.IndexOf(elf, (byte)0, name) - name), (elf[version + 4] & 2) != 0));
            }
        }

        return needs;
    }
}
