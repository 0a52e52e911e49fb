using System.Diagnostics;
using System.Text;

// The tests spend most of their time waiting for child processes.
[assembly: Xunit.v3.Parallelization(MaxThreads = 4)]

namespace TorchPort.Tests;

/// <summary>Starts the port, the diff, the scripts and other programs.</summary>
internal static class TestProcess
{
    // The tests load libtorch in this process. On macOS, OpenMP must be loaded first, as in the program.
    [System.Runtime.CompilerServices.ModuleInitializer]
    internal static void LoadOpenMP() => Backend.LoadOpenMP();

    /// <summary>The dotnet host that runs the tests.</summary>
    internal static string DotNet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>The command that starts the port: TORCHPORT if it is set, otherwise the build next to the tests.</summary>
    internal static string[] PortCommand { get; } =
        Environment.GetEnvironmentVariable("TORCHPORT") is { } published ? [published] : [DotNet, InTestFolder("TorchPort.dll")];

    internal static string[] DiffCommand { get; } = [DotNet, InTestFolder("NotebookDiff.dll")];
    internal static Lazy<string> PlotDescent { get; } = new(() => Build("scripts/plot-descent.cs"));
    internal static string RepositoryRoot { get; } = FindRepository(AppContext.BaseDirectory);
    internal static string Notebook { get; } = Path.Combine(RepositoryRoot, "src/TorchPort/gradient-descent.ipynb");
    internal static string NuGetPackages { get; } = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");

    internal static string ReadData(string name) => File.ReadAllText(InTestFolder($"data/{name}"));

    /// <summary>Creates a folder that is deleted when the tests end.</summary>
    internal static string CreateTempFolder(string prefix = "")
    {
        var folder = Directory.CreateTempSubdirectory(prefix).FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }

    internal static void WriteShellScript(string file, string line)
    {
        File.WriteAllText(file, $"#!/bin/sh\n{line}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Builds a project or a script and returns the path of its DLL.</summary>
    internal static string Build(string project, params string[] options)
    {
        string[] target = ["-t:Build", "-getProperty:TargetPath"];
        var built = Run(DotNet, ["build", Path.Combine(RepositoryRoot, project), .. target, .. options]);
        Assert.Equal((0, ""), (built.ExitCode, built.Stderr));
        return built.Stdout.TrimEnd();
    }

    internal static ProcessResult RunPort(params string[] arguments) => RunCommand(PortCommand, arguments);
    internal static ProcessResult RunDiff(params string[] arguments) => RunCommand(DiffCommand, arguments);

    /// <summary>Runs a shell command in which "$@" is the given command, or the port.</summary>
    internal static ProcessResult RunShell(string line, string[]? command = null) =>
        Run("/bin/sh", ["-c", line, "sh", .. command ?? PortCommand]);

    internal static ProcessResult RunCommand(string[] command, string[] arguments, params (string, string)[] environment) =>
        Run(command[0], [.. command[1..], .. arguments], environment);

    internal static ProcessResult Run(string program, string[] arguments, params (string, string)[] environment) =>
        RunWithInput("", program, arguments, environment);

    internal static ProcessResult RunWithInput(
        string input, string program, string[] arguments, params (string, string)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        // Keep a BOM, which Process.StandardOutput would strip.
        using var reader = new StreamReader(process.StandardOutput.BaseStream, new UTF8Encoding(false), false);
        var stdout = reader.ReadToEndAsync();
        var stderr = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It exited before reading all input.
        }

        process.WaitForExit();
        return new ProcessResult(process.ExitCode, stdout.Result, stderr.Result.ReplaceLineEndings("\n"));
    }

    private static string InTestFolder(string file) => Path.Combine(AppContext.BaseDirectory, file);

    private static string FindRepository(string folder) =>
        File.Exists(Path.Combine(folder, "TorchPort.sln")) ? folder : FindRepository(Path.GetDirectoryName(folder)!);
}
