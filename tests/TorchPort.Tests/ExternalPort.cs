namespace TorchPort.Tests;

/// <summary>The port built with <c>-p:TorchBackend=external</c>, which carries no libtorch.</summary>
internal static class ExternalPort
{
    private static readonly Lazy<string> s_program = new(Build);

    /// <summary>The program.</summary>
    internal static string Program => s_program.Value;

    /// <summary>The folder of the libtorch in the CPU package.</summary>
    internal static string LibTorch { get; } =
        Path.Combine(Start.Packages, "libtorch-cpu-linux-x64", Backend.LibTorchVersion, "runtimes/linux-x64/native");

    /// <summary>Runs it with a folder on the loader's path.</summary>
    internal static Outcome Run(string libraries, params string[] arguments) =>
        Start.Program("dotnet", [Program, .. arguments], ("LD_LIBRARY_PATH", libraries));

    private static string Build()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the external build is for Linux");
        return Start.Build("src/TorchPort", "-c", "Release", "-p:TorchBackend=external");
    }
}
