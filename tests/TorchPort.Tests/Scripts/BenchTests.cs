namespace TorchPort.Tests;

/// <summary>scripts/bench.sh, as far as it says what it lacks.</summary>
public class BenchTests
{
    [Theory]
    [InlineData("unknown option --bogus", "--bogus")]
    [InlineData("--python takes a Python", "--python")]
    public void A_wrong_option_is_named(string says, string option)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "bench.sh measures on Linux");
        Start.Program("bash", [Path.Combine(Start.Repository, "scripts/bench.sh"), option]).Refused(2, says, lines: 1);
    }

    [Fact]
    public void A_missing_tool_is_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "bench.sh measures on Linux");
        var tools = Directory.CreateTempSubdirectory();
        foreach (var tool in new[] { "dirname", "uname" })
        {
            File.CreateSymbolicLink(Path.Combine(tools.FullName, tool), Path.Combine("/usr/bin", tool));
        }

        var outcome = Start.Program("/bin/bash", [Path.Combine(Start.Repository, "scripts/bench.sh")], ("PATH", tools.FullName));
        tools.Delete(recursive: true);

        outcome.Refused(2, "hyperfine is missing: apt-get install hyperfine", lines: 1);
    }
}
