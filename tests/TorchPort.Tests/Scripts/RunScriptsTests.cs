namespace TorchPort.Tests;

/// <summary>scripts/run-cpu.sh, scripts/run-cuda.sh and scripts/diff-notebook.sh.</summary>
public sealed class RunScriptsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public RunScriptsTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a POSIX shell");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_port_runs_from_any_folder_and_what_its_build_says_stays_out_of_its_stdout()
    {
        File.WriteAllText(In("noise.targets"), Start.Noise("MakeNoise"));
        File.WriteAllText(In("global.json"), """{ "sdk": { "version": "9.0.100", "rollForward": "disable" } }""");

        // Through a link, as one has it in a folder on PATH.
        File.CreateSymbolicLink(In("run"), Script("run-cpu.sh"));
        string[] command = ["/bin/sh", "-c", "cd \"$0\" && ./run --device cpu", _folder.FullName];
        var outcome = Start.Command(command, [], ("CustomAfterMicrosoftCommonTargets", In("noise.targets")));

        Assert.Equal(new Outcome(0, Start.Data("recorded-output.txt"), "Running on cpu\n"), outcome);
    }

    [Fact]
    public void The_diff_is_built_with_the_port_in_it() =>
        Assert.Equal(Start.Diff(), Start.Program(Script("diff-notebook.sh"), []));

    [Fact]
    public void What_a_failed_build_says_is_shown()
    {
        File.WriteAllText(In("failure.targets"), """
            <Project>
              <Target Name="Fail" AfterTargets="PrepareForBuild"><Error Text="this build fails" /></Target>
            </Project>
            """);

        var outcome = Start.Program(Script("diff-notebook.sh"), [], ("CustomAfterMicrosoftCommonTargets", In("failure.targets")));
        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Stdout));
        Assert.Contains("this build fails", outcome.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain(".dll\n", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void A_CUDA_build_asks_for_the_CUDA_packages()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the CUDA packages are for Linux");

        // No source has any package here.
        (string, string)[] nowhere =
            [("NUGET_PACKAGES", In("")), ("RestoreSources", In("")), ("RestoreAdditionalProjectSources", "")];
        var outcome = Start.Program(Script("run-cuda.sh"), ["--device", "cpu"], nowhere);

        Assert.Equal((1, ""), (outcome.ExitCode, outcome.Stdout));
        Assert.Contains("TorchSharp-cuda-linux", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_dotnet_one_line_says_what_to_install()
    {
        var link = "for tool in sh dirname basename readlink; do ln -s \"$(command -v $tool)\" \"$0\"; done; PATH=$0 exec \"$1\"";

        Start.Program("/bin/sh", ["-c", link, _folder.FullName, Script("run-cpu.sh")])
            .Refused(1, "dotnet is not on PATH. Install the .NET 10 SDK.", lines: 1);
    }

    private string In(string name) => Path.Combine(_folder.FullName, name);

    private static string Script(string name) => Path.Combine(Start.Repository, "scripts", name);
}
