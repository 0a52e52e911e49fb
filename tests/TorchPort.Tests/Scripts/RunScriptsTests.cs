namespace TorchPort.Tests;

/// <summary>scripts/run-cpu.sh, scripts/run-cuda.sh and scripts/diff-notebook.sh.</summary>
public class RunScriptsTests
{
    private readonly string _folder = TestProcess.CreateTempFolder();

    public RunScriptsTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a POSIX shell");

    [Fact]
    public void The_port_runs_from_any_folder_and_what_its_build_says_stays_out_of_its_stdout()
    {
        // Past MSBuild, as targets of the CUDA packages do.
        const string Noise = """<Exec Command="echo noise > /proc/$PPID/fd/1" Condition="Exists('/proc')" />""";
        const string Target = $"""<Target Name="MakeNoise" AfterTargets="ResolvePackageAssets">{Noise}</Target>""";
        File.WriteAllText($"{_folder}/noise.targets", $"<Project>{Target}</Project>");
        File.WriteAllText($"{_folder}/global.json", """{ "sdk": { "version": "9.0.100", "rollForward": "disable" } }""");

        string[] run = ["-c", "cd \"$0\" && \"$1\" --device cpu", _folder, Link("run-cpu.sh")];
        var outcome = TestProcess.Run("/bin/sh", run, ("CustomAfterMicrosoftCommonTargets", $"{_folder}/noise.targets"));

        Assert.Equal(new ProcessResult(0, TestProcess.ReadData("recorded-output.txt"), "Running on cpu\n"), outcome);
    }

    [Fact]
    public void The_diff_is_built_with_the_port_in_it_and_gets_its_arguments()
    {
        var copy = $"{_folder}/a notebook.ipynb";
        File.Copy(TestProcess.Notebook, copy);

        Assert.Equal(TestProcess.RunDiff(copy), TestProcess.Run(Link("diff-notebook.sh"), [copy]));
    }

    [Fact]
    public void What_a_failed_build_says_is_shown()
    {
        var outcome = TestProcess.Run(Script("diff-notebook.sh"), [], ("TorchBackend", "gpu"));

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Stdout));
        Assert.Contains("TorchBackend must be cpu, cuda or external, not 'gpu'", outcome.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain(".dll\n", outcome.Stderr, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run-cuda.sh", 1)]
    [InlineData("diff-notebook.sh", 2, "--device", "cuda")]
    [InlineData("diff-notebook.sh", 2, "--device=cuda:1")]
    public void A_CUDA_build_asks_for_the_CUDA_packages(string script, int exitCode, params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the CUDA packages are for Linux");

        // The only source has no packages.
        (string, string)[] none = [("NUGET_PACKAGES", _folder), ("RestoreSources", _folder)];
        var outcome = TestProcess.Run(Link(script), arguments, none);

        Assert.Equal((exitCode, ""), (outcome.ExitCode, outcome.Stdout));
        Assert.Contains("TorchSharp-cuda-linux", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_dotnet_one_line_says_what_to_install()
    {
        var link = "for tool in sh dirname basename readlink; do ln -s \"$(command -v $tool)\" \"$0\"; done; PATH=$0 exec \"$1\"";

        TestProcess.Run("/bin/sh", ["-c", link, _folder, Script("run-cpu.sh")])
            .AssertFailed(1, "dotnet is not on PATH. Install the .NET 10 SDK.", lines: 1);
    }

    // A script is called through a link, as one has it in a folder on PATH.
    private string Link(string script) => File.CreateSymbolicLink($"{_folder}/{script}", Script(script)).FullName;

    private static string Script(string name) => Path.Combine(TestProcess.RepositoryRoot, "scripts", name);
}
