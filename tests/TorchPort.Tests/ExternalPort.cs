namespace TorchPort.Tests;

/// <summary>The port built with <c>-p:TorchBackend=external</c>, which does not include libtorch. Linux only.</summary>
internal static class ExternalPort
{
    private static readonly Lazy<string> s_program = new(() => TestProcess.Build("src/TorchPort", "-p:TorchBackend=external"));
    internal static string Program => s_program.Value;

    /// <summary>The folder of the libtorch in the CPU package.</summary>
    internal static string LibTorch { get; } =
        Path.Combine(TestProcess.NuGetPackages, "libtorch-cpu-linux-x64", Backend.LibTorchVersion, "runtimes/linux-x64/native");

    internal static ProcessResult Run(string libraryPath, params string[] arguments) =>
        TestProcess.Run(TestProcess.DotNet, [Program, .. arguments], ("LD_LIBRARY_PATH", libraryPath));
}
