namespace TorchPort.Tests;

/// <summary>scripts/run-on-pytorch.sh, with a stub of the PyTorch files it reads.</summary>
public class RunOnPyTorchTests
{
    private static readonly string s_script = Path.Combine(TestProcess.RepositoryRoot, "scripts/run-on-pytorch.sh");
    private readonly string _folder = TestProcess.CreateTempFolder();

    // Puts the script and the port in one folder, as on a machine without .NET.
    public RunOnPyTorchTests()
    {
        Assert.SkipWhen(Python.Default is null || !OperatingSystem.IsLinux(), "requires Python on Linux");
        File.Copy(s_script, GetPath("run-on-pytorch.sh"));
        TestProcess.WriteShellScript(GetPath("TorchPort"), $"exec dotnet '{ExternalPort.Program}' \"$@\"");
    }

    [Fact]
    public void Port_runs_on_PyTorch_libraries()
    {
        InstallPyTorch("2.12.1");
        var stderr = $"Using PyTorch 2.12.1 ({Python.Default})\nRunning on cpu\n";
        var outcome = Run(GetPath("run-on-pytorch.sh"), "--device", "cpu");
        Assert.Equal(new ProcessResult(0, TestProcess.ReadData("recorded-output.txt"), stderr), outcome);
    }

    [Fact]
    public void Diff_and_notebook_run_on_the_same_PyTorch()
    {
        InstallPyTorch("2.10.0+cpu");
        var outcome = Run(s_script, "--diff");
        Assert.Equal((0, TestProcess.RunDiff().Stdout), (outcome.ExitCode, outcome.Stdout));

        var python = GetPath("python");
        TestProcess.WriteShellScript(python, $"case $1 in *.py) echo ran >&2; exit 1 ;; esac; exec '{Python.Default}' \"$@\"");
        Run(s_script, "--diff", "--execute", $"--python={python}").AssertFailed(2, "\nran\n");
    }

    [Fact]
    public void Port_gets_its_arguments_and_all_library_folders()
    {
        InstallPyTorch("2.10.0");
        Directory.CreateDirectory(GetPath("nvidia/cublas/lib"));
        TestProcess.WriteShellScript(GetPath("TorchPort"), "printf '%s\\n' \"$LD_LIBRARY_PATH\" \"$@\"");
        string[] script = [GetPath("run-on-pytorch.sh"), "--python", Python.Default!, "two words", "*"];
        string[] run = ["-c", "bash \"$@\" 2>&-", "sh", .. script];
        var outcome = TestProcess.Run("/bin/sh", run, ("PYTHONPATH", _folder), ("LD_LIBRARY_PATH", "/mine"));

        var torch = GetPath("torch");
        Assert.Equal(new ProcessResult(0, $"{torch}/lib:{torch}/../nvidia/cublas/lib:/mine\ntwo words\n*\n", ""), outcome);
    }

    [Fact]
    public void Help_exits_with_0() => Assert.Equal(0, Run(s_script, "--help").ExitCode);

    [Theory]
    [InlineData("2.9.1", " has 2.9.1. In a separate environment, run pip install \"torch>=2.10,<2.13\"")]
    [InlineData("2.13.0", " has 2.13.0. ")]
    [InlineData("2.10'", "cannot locate PyTorch in ")]
    [InlineData("2.12.1", "absent not found. ", "--python", "absent")]
    [InlineData("2.12.1", "absent not found. ", "--cell", "2", "--python=absent", "--epochs", "3")]
    [InlineData("2.12.1", "--python requires a value", "--python")]
    [InlineData("2.12.1", "--diff requires the repository", "--diff")]
    public void Unusable_Python_or_missing_program_is_rejected(string version, string expected, params string[] arguments)
    {
        InstallPyTorch(version);
        Run(GetPath("run-on-pytorch.sh"), arguments).AssertFailed(2, expected, lines: 1);
    }

    [Fact]
    public void Missing_PyTorch_is_rejected()
    {
        Python.WriteWithoutTorch(GetPath("python"));
        Run(GetPath("run-on-pytorch.sh"), "--python", GetPath("python")).AssertFailed(2, "has no PyTorch", lines: 1);
    }

    [Fact]
    public void Missing_function_is_reported_at_startup()
    {
        // Patch TorchSharp's library to import torch::jit::compile, which the port never calls, under a name that does not exist.
        var files = Directory.GetFiles(Path.GetDirectoryName(ExternalPort.Program)!);
        Array.ForEach(files, file => File.Copy(file, GetPath(Path.GetFileName(file)), overwrite: true));
        var bytes = File.ReadAllBytes(GetPath("libLibTorchSharp.so"));
        bytes[bytes.AsSpan().IndexOf("_ZN5torch3jit7compileE"u8) + 3] = (byte)'6';
        File.WriteAllBytes(GetPath("libLibTorchSharp.so"), bytes);
        TestProcess.WriteShellScript(GetPath("TorchPort"), $"exec dotnet '{_folder}/TorchPort.dll' \"$@\"");
        InstallPyTorch(Backend.LibTorchVersion);

        Run(GetPath("run-on-pytorch.sh")).AssertFailed(1, "undefined symbol: _ZN6torch3jit7compile", lines: 4);
    }

    private string GetPath(string name) => Path.Combine(_folder, name);

    private ProcessResult Run(string script, params string[] arguments) =>
        TestProcess.RunCommand(["bash", script, "--python", Python.Default!], arguments, ("PYTHONPATH", _folder));

    private void InstallPyTorch(string version)
    {
        var folder = Directory.CreateDirectory(GetPath("torch")).FullName;
        File.WriteAllText(Path.Combine(folder, "__init__.py"), "");
        File.WriteAllText(Path.Combine(folder, "version.py"), $"__version__ = '{version}'\n");
        Directory.CreateSymbolicLink(Path.Combine(folder, "lib"), ExternalPort.LibTorch);
    }
}
